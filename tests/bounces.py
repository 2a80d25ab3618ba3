"""Messages of mail servers about mails that they could not deliver, as the common ones write them."""

from __future__ import annotations

from email.message import Message

USER_UNKNOWN = "550 5.1.1 no such user here"


def make_bounce(
    returned: Message, *, action: str = "failed", said: str = USER_UNKNOWN, head_only: bool = False
) -> bytes:
    """A delivery status notification (RFC 3464) about ``returned``, with all of it or with its head."""
    head = "".join(f"{name}: {value}\n" for name, value in returned.items())
    kind, enclosed = ("text/rfc822-headers", head) if head_only else ("message/rfc822", returned.as_string())
    return f"""\
From: Mail Delivery System <MAILER-DAEMON@mail.example.org>
To: survey@example.org
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="edge"

--edge
Content-Type: text/plain; charset=us-ascii

I am sorry to say that your mail could not be delivered.

--edge
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example.org

Final-Recipient: rfc822; {returned["To"]}
Action: {action}
Status: 5.1.1
Diagnostic-Code: smtp; {said}

--edge
Content-Type: {kind}

{enclosed}
--edge--
""".encode()
