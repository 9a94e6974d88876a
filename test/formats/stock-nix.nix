# One derivation of each kind, for stock-nix.test.ts.
let
  sh = { system = "x86_64-linux"; builder = "/bin/sh"; };
  text = builtins.toFile "note.txt" "a \"note\"\n";
  simple = derivation (sh // { name = "simple"; args = [ "-c" "echo hi > $out" ]; inherit text; });
  multi = derivation (sh // {
    name = "multi"; outputs = [ "out" "dev" ]; inherit simple;
    args = [ "-c" "echo $dev $simple > $out; echo \$text > $dev" ];
  });
  fixed = derivation (sh // {
    name = "fixed"; args = [ "-c" "echo hello > $out" ]; outputHashMode = "flat"; outputHashAlgo = "sha256";
    outputHash = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"; dep = multi.dev;
  });
  escapes = derivation (sh // { name = "esc"; args = [ "-c" "echo \"$v\" > $out" ]; v = "a\\b\"c\nd\te\rf é"; inherit fixed; });
  floating = derivation (sh // {
    name = "ca"; __contentAddressed = true; outputHashMode = "recursive"; outputHashAlgo = "sha256";
    args = [ "-c" "echo $out > $out" ];
  });
  structured = derivation (sh // {
    name = "structured"; __structuredAttrs = true; outputs = [ "out" ];
    args = [ "-c" "IFS=\"'\"; set -- $(/bin/grep -h outputs= .attrs.sh); /bin/mkdir $4; /bin/cp .attrs.json .attrs.sh $4" ];
    f = 1.5; e = 1.0e20; big = 2147483648; l = [ 1 "it's" true false null ]; m = { x = 1; "é" = "ü"; };
    nested = [ [ 1 ] ]; "bad-name" = 1; control = builtins.fromJSON "\"\\u0001\\u007f\"";
  });
  graph = derivation (sh // {
    name = "graph"; args = [ "-c" "/bin/cp closure $out" ]; exportReferencesGraph = [ "closure" multi ];
  });
in [ simple multi fixed escapes floating structured graph ]
