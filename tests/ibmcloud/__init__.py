# SPDX-License-Identifier: BSD-3-Clause
"""A local IBM Cloud for tests and the demo: IAM, KMS, Secrets Manager, Direct Link, VPC metadata.

As a program: /usr/bin/python3 tests/ibmcloud --state FILE. From a test: see client.IbmCloud, which
starts that program and speaks to it over its admin socket. State is in memory and ends with it.
"""
from ibmcloud.client import CloudError, IbmCloud

__all__ = ["CloudError", "IbmCloud"]
