"""PartnerRetry: tell the partner what it could not take before, few at a time.

An exception leaves the event in the queue, which bounds how many tries run at once and how often,
and in the end gives the event to its dead-letter queue.
"""

from connected_car.partner import tell_partner
from pattern_runtime import each_event

handler = each_event(tell_partner)
