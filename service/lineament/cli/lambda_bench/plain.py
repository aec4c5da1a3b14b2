"""A function that does nothing but read DynamoDB: what any that uses boto3 takes to begin.

It runs beside the service's, on the same machine, so that a start can be told as a multiple of it.
"""

import boto3


def handler(_event: object, _context: object) -> list[str]:
    """Return the tables' names, whatever the event is."""
    names: list[str] = boto3.client("dynamodb").list_tables()["TableNames"]
    return names
