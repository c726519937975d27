"""The mappings and transfer methods that come with this package, by the names of their flags.

Importing this module makes the names known; what they stand for is imported when it is needed.
"""

from __future__ import annotations

from baselines.common.networks.specs import NETWORKS
from baselines.config import MAPPINGS, TRANSFERS
from baselines.transfer.method import complaint_of_method

MAPPINGS.provide(
    learned="baselines.transfer.student.mapping_kinds:learned",
    frozen="baselines.transfer.student.mapping_kinds:frozen",
    named="baselines.transfer.student.mapping_kinds:named",
)

TRANSFERS.provide(
    complaint_of_method,
    mikt="baselines.transfer.mikt:MIKT",
    mlpp="baselines.transfer.pretrained:MLPP",
    surgery="baselines.transfer.surgery:SURGERY",
    kickstart="baselines.transfer.kickstart:KICKSTART",
)

REGISTRIES = (NETWORKS, MAPPINGS, TRANSFERS)
"""All of a policy that can be added from outside this package (docs/extending.md)."""
