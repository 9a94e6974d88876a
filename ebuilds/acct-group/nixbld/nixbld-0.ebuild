# Copyright 2026 the tenon authors
# Distributed under the terms of the MIT licence

EAPI=8

inherit acct-group

DESCRIPTION="Group of the users that builds of a functional store run as"
ACCT_GROUP_ID=@GID@
