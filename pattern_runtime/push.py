"""Messages to phones: SNS mobile push, and a table of what is known of each token.

SNS makes an endpoint of a device's token. A token dies with the app that it belongs to: then the
endpoint is disabled, the token is retired, and nothing more is sent to it. The device comes back
with another token.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime

from botocore.exceptions import ClientError

from pattern_runtime import aws
from pattern_runtime.environment import required
from pattern_runtime.events import Event
from pattern_runtime.trace import onward_trace

LIVE, RETIRED = "live", "retired"
_DISABLED = "EndpointDisabled"
_MISSING = "No endpoint found"


@dataclass(frozen=True, kw_only=True, slots=True)
class Endpoint:
    """What is known of a token.

    Attributes:
        arn: The endpoint that SNS has made of it.
        retired: Whether it is dead.
    """

    arn: str
    retired: bool


class TokenBook:
    """The table of tokens.

    Args:
        table: Its name; `token` is its key.
    """

    def __init__(self, table: str) -> None:
        self._table = table

    def find(self, token: str) -> Endpoint | None:
        """Return what is known of a token; None if it is new."""
        item = (
            aws.client("dynamodb")
            .get_item(TableName=self._table, Key={"token": {"S": token}})
            .get("Item")
        )
        if item is None:
            return None
        return Endpoint(arn=item["endpoint"]["S"], retired=item["status"]["S"] == RETIRED)

    def keep(self, token: str, endpoint: Endpoint) -> None:
        """Keep what is known of a token from now on."""
        aws.client("dynamodb").put_item(
            TableName=self._table,
            Item={
                "token": {"S": token},
                "endpoint": {"S": endpoint.arn},
                "status": {"S": RETIRED if endpoint.retired else LIVE},
                "since": {"S": datetime.now(UTC).isoformat(timespec="seconds")},
            },
        )


class PushGateway:
    """Sends messages to phones by way of the construct of this name.

    Args:
        prefix: The construct's id as its variables begin: `PHONES` for `Phones`.

    Raises:
        MissingVariableError: Its construct does not serve this code.

    Example:
        phones = PushGateway("PHONES")
        phones.push(event, token=token, title="Your order", body="It comes today.")
    """

    def __init__(self, prefix: str) -> None:
        self._application = required(f"{prefix}_APPLICATION_ARN")
        self._book = TokenBook(required(f"{prefix}_TABLE_NAME"))
        # arn:aws:sns:region:account:app/GCM/name
        self._platform = self._application.split("/")[1]
        aws.prepare("dynamodb", "sns")

    def push(self, event: Event, *, token: str, title: str, body: str) -> bool:
        """Send a message to a device; False if its token is dead, so that nobody is there.

        SNS takes it and delivers it later, for up to six hours, so True does not say that it
        arrived. The same event twice is shown once: its id replaces what it has shown before.

        Args:
            event: What the message is about.
            token: What the device was given by its platform.
            title: The message's first line.
            body: The rest.
        """
        known = self._book.find(token) or self._register(token)
        if known.retired:
            return False
        try:
            self._publish(known.arn, event, title, body)
        except ClientError as error:
            if error.response["Error"]["Code"] == _DISABLED:
                self._book.keep(token, Endpoint(arn=known.arn, retired=True))
                return False
            if _MISSING not in str(error):
                raise
            # Somebody deleted the endpoint, or the application was made anew.
            self._publish(self._register(token).arn, event, title, body)
        return True

    def _register(self, token: str) -> Endpoint:
        """Return the endpoint of a token; the same one, however often it is asked for."""
        arn = aws.client("sns").create_platform_endpoint(
            PlatformApplicationArn=self._application, Token=token
        )["EndpointArn"]
        endpoint = Endpoint(arn=arn, retired=False)
        self._book.keep(token, endpoint)
        return endpoint

    def _publish(self, arn: str, event: Event, title: str, body: str) -> None:
        aws.client("sns").publish(
            TargetArn=arn,
            MessageStructure="json",
            Message=json.dumps(
                {"default": body, self._platform: self._payload(event, title, body)}
            ),
            MessageAttributes={
                # APNs shows one message of each id (docs.aws.amazon.com/sns/latest/dg/
                # sns-send-custom-platform-specific-payloads-mobile-devices.html).
                "AWS.SNS.MOBILE.APNS.COLLAPSE_ID": {
                    "DataType": "String",
                    "StringValue": event.id[:64],
                }
            }
            if self._platform.startswith("APNS")
            else {},
        )

    def _payload(self, event: Event, title: str, body: str) -> str:
        """Return the message in the words of its platform."""
        data = {"id": event.id, "trace": onward_trace(event.trace)}
        if self._platform.startswith("APNS"):
            return json.dumps({"aps": {"alert": {"title": title, "body": body}}, **data})
        message = {
            "notification": {"title": title, "body": body},
            # Of one tag, Android shows the newest (firebase.google.com/docs/reference/fcm/rest/v1/
            # projects.messages).
            "android": {"notification": {"tag": event.id}},
            "data": data,
        }
        return json.dumps({"fcmV1Message": {"message": message}})
