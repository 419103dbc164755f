"""Replies with the event. A module of its own, which does not load boto3."""


def wave(event, context):
    return event
