"""Runs __main__.py as Pulumi's language host for Python does, which PyPI does not have."""

import asyncio
import os
import runpy

import pulumi.runtime
from pulumi.runtime.stack import run_in_stack

env = os.environ
pulumi.runtime.configure(
    pulumi.runtime.Settings(
        project=env["PULUMI_PROJECT"],
        stack=env["PULUMI_STACK"],
        organization=env["PULUMI_ORGANIZATION"],
        monitor=env["PULUMI_MONITOR"],
        engine=env["PULUMI_ENGINE"],
        parallel=int(env["PULUMI_PARALLEL"]),
        dry_run=env["PULUMI_DRY_RUN"] == "true",
    )
)
asyncio.run(run_in_stack(lambda: runpy.run_path("__main__.py", run_name="__main__")))
