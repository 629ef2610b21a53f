#!/bin/sh
case "${1-}" in
    *.yml | *.yaml) exec registry serve "$@" ;;
    serve | garbage-collect | help | -*) exec registry "$@" ;;
    *) exec "$@" ;;
esac
