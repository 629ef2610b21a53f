"""Says hello, and how often it has: the number is kept in Redis."""

import os
import socket

from flask import Flask
from redis import Redis, RedisError

redis = Redis.from_url(os.environ["REDIS_URL"], socket_connect_timeout=2, socket_timeout=2)
app = Flask(__name__)

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Hello</title>
<style>body {{ font: 1.1rem/1.8 system-ui, sans-serif; max-width: 40rem; margin: 4rem auto; padding: 0 1rem }}</style>
<h1>Hello {name}!</h1>
<p><b>Hostname:</b> {hostname}<br>
<b>Visits:</b> <span id="visits">{visits}</span></p>
</html>
"""


@app.get("/")
def hello():
    try:
        visits = redis.incr("counter")
    except RedisError:
        visits = "<i>cannot connect to Redis, counter disabled</i>"
    return PAGE.format(name=os.getenv("NAME", "world"), hostname=socket.gethostname(), visits=visits)


@app.get("/health")
def health():
    """Whether the web server answers; visits nothing."""
    return "ok"
