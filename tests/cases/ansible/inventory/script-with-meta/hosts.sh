#!/bin/sh
case "$1" in
--list) cat <<'END'
{"web": {"hosts": ["a", "b", "web[1:2]"], "vars": {"v": 1, "t": "{{ x }}"}, "children": ["sub"]}, "sub": {"hosts": ["c:22"]}, "plain": ["d", "a"],
 "_meta": {"hostvars": {"a": {"x": 1, "s": {"__ansible_unsafe": "{{ no }}"}, "deep": [{"__ansible_unsafe": "y"}]}, "zzz": {"y": 1}}}}
END
;;
--host) exit 9 ;;
esac
