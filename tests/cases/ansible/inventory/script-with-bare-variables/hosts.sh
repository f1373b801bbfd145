#!/bin/sh
case "$1" in
--list) cat <<'END'
{"box": {"ip": "1.2.3.4", "n": 5, "l": ["x"]}, "_meta": {"hostvars": {}}}
END
;;
--host) exit 9 ;;
esac
