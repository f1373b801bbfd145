#!/bin/sh
case "$1" in
--list) cat <<'END'
{"a": {"hosts": ["x"]}, "b": {"hosts": "y"}, "c": {"hosts": ["z"]}, "_meta": {"hostvars": {}}}
END
;;
--host) exit 9 ;;
esac
