"""The patterns and samples as they are synthesized, and what other tools say of them."""

import patterns as patterns  # first: it chooses the Node that jsii starts
