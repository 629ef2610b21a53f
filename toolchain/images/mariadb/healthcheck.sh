#!/bin/sh
# healthcheck.sh --connect --innodb_initialized: whether the server accepts connections over TCP. A refused login will do.
case $(mariadb-admin --host=127.0.0.1 --protocol=tcp --user=healthcheck --password= ping 2>&1) in
    *alive* | *"Access denied"*) ;;
    *) exit 1 ;;
esac
