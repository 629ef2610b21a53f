#!/bin/sh
. /run/drydock/environment
exec "$@"
