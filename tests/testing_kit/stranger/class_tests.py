"""Classes under both decorators, in either order, as pytest itself runs them."""

import unittest

import boto3
from moto import mock_aws
from moto.core.models import MockAWS

from lineament.testing import mock_rekognition


def made_before():
    """Return how many collections and buckets there are, and make one more of each."""
    rekognition = boto3.client("rekognition", "us-east-1")
    s3 = boto3.client("s3", "us-east-1")
    there = len(rekognition.list_collections()["CollectionIds"]), len(s3.list_buckets()["Buckets"])
    rekognition.create_collection(CollectionId=f"c{there[0]}")
    s3.create_bucket(Bucket=f"bucket{there[1]}")
    return there


class WithSetup:
    def setup_method(self):
        assert made_before() == (0, 0)

    def test_a(self):
        assert made_before() == (1, 1)

    def test_b(self):
        assert made_before() == (1, 1)


@mock_aws
@mock_rekognition
class TestPlainInside:
    def test_a(self):
        assert made_before() == (0, 0)

    def test_b(self):
        assert made_before() == (0, 0)


@mock_rekognition
@mock_aws
class TestPlainOutside:
    def test_a(self):
        assert made_before() == (0, 0)

    def test_b(self):
        assert made_before() == (0, 0)


@mock_aws
@mock_rekognition
class TestSetupInside(WithSetup):
    def setup_method(self):
        super().setup_method()


@mock_rekognition
@mock_aws
class TestSetupOutside(WithSetup):
    def setup_method(self):
        super().setup_method()


class Unit(unittest.TestCase):
    def setUp(self):
        assert made_before() == (0, 0)


@mock_aws
@mock_rekognition
class UnitInside(Unit):
    def test_a(self):
        assert made_before() == (1, 1)

    def test_b(self):
        assert made_before() == (1, 1)


@mock_rekognition
@mock_aws
class UnitOutside(Unit):
    def test_a(self):
        assert made_before() == (1, 1)

    def test_b(self):
        assert made_before() == (1, 1)


def test_nothing_is_left_active():
    assert MockAWS._nested_count == 0
