# Leads Nix programs to this user's own store, with the programs of its profiles. Safe to read twice: nothing is added
# that is there already.

for tenon_line in (cat $HOME/.tenon/environment)
    set tenon_pair (string split -m 1 = -- $tenon_line)
    set -gx $tenon_pair[1] (string trim -c '"' -- $tenon_pair[2])
end
set -q XDG_DATA_DIRS; or set -gx XDG_DATA_DIRS /usr/local/share:/usr/share
contains -- $HOME/.local/bin $PATH; or set -gx PATH $HOME/.local/bin $PATH
for tenon_profile in $NIX_STATE_DIR/profiles/default $HOME/.nix-profile
    contains -- $tenon_profile/bin $PATH; or set -gx PATH $tenon_profile/bin $PATH
    contains -- $tenon_profile/share (string split : -- $XDG_DATA_DIRS)
    or set -gx XDG_DATA_DIRS $XDG_DATA_DIRS:$tenon_profile/share
end
set -e tenon_line tenon_pair tenon_profile
