# Makes a host look as if OpenRC ran it: the state folder, and the two programs that setup asks. To be read by sh.

mkdir -p /run/openrc /etc/init.d /etc/conf.d /etc/runlevels/default /usr/local/sbin
echo default >/run/openrc/softlevel

cat >/usr/local/sbin/rc-service <<'END'
#!/bin/sh
[ "$1" = --quiet ] && shift
if [ "$1" = --exists ]; then
  [ -e "/etc/init.d/$2" ]
  exit
fi
pid=$(cat "/run/$1.pid" 2>/dev/null || echo none)
case $2 in
  status) kill -0 "$pid" 2>/dev/null || exit 3 ;;
  stop)
    kill "$pid"
    while kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
    rm "/run/$1.pid"
    ;;
  start)
    setsid /usr/local/bin/tenon daemon </dev/null >>"/var/log/$1.log" 2>&1 &
    echo $! >"/run/$1.pid"
    ;;
esac
END

cat >/usr/local/sbin/rc-update <<'END'
#!/bin/sh
case $1 in
  add) ln -sf "/etc/init.d/$2" "/etc/runlevels/$3/$2" ;;
  del) rm "/etc/runlevels/default/$2" ;;
esac
END

chmod 755 /usr/local/sbin/rc-service /usr/local/sbin/rc-update
