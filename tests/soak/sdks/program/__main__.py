import pulumi_drydock as drydock

cache = drydock.RedisService("cache", memory="64m")
drydock.WebApp(
    "app",
    image="redis:8",
    command=["sleep", "infinity"],
    health={"command": ["true"]},
    links={"database": cache.connection, "host": cache.connection},
    variables={
        "database": {"host": "DB_HOST", "port": "DB_PORT"},
        "host": {"database": "2", "parameters": {"pool": "20"}},
    },
    secrets=["SAML_KEY"],
)
