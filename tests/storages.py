"""A storage like S3 on this machine, with one bucket that nobody may read without a key."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.request import Request, urlopen

import boto3
from moto.server import ThreadedMotoServer

BUCKET = "reports"
logging.getLogger("werkzeug").setLevel(logging.ERROR)  # it tells every request


@contextmanager
def bucket() -> Iterator[str]:
    """A running storage with an empty bucket: its STORAGE_URL."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        # what it keeps belongs to the process: the bucket of an earlier test would still hold its files
        urlopen(Request(f"http://{host}:{port}/moto-api/reset", method="POST")).close()
        url = f"s3://key:secret@{host}:{port}/{BUCKET}?tls=no"
        client = boto3.client(
            "s3",
            endpoint_url=f"http://{host}:{port}",
            aws_access_key_id="key",
            aws_secret_access_key="secret",
            region_name="us-east-1",
        )
        client.create_bucket(Bucket=BUCKET)
        client.close()
        yield url
    finally:
        server.stop()
