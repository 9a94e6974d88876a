# Copyright 2026 the tenon authors
# Distributed under the terms of the MIT licence

EAPI=8

inherit acct-user

DESCRIPTION="Build user @N@ of a functional store"
ACCT_USER_ID=@UID@
# Twice: as primary group, and in the member list of /etc/group, where daemons look for build users.
ACCT_USER_GROUPS=( nixbld nixbld )

acct-user_add_deps
