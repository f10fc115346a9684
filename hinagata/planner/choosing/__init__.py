"""Which pattern suits a traffic: reactive, proactive, queue or stream."""
