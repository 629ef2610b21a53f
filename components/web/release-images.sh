#!/bin/sh
# Removes the images of an application's releases once its containers are deleted. Comes after release-functions.sh.

set -euf
remove_images >/dev/null 2>&1
