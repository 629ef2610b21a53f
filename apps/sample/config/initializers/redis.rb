# A page waits for the counter, so the counter may not wait for long.
REDIS = Redis.new(url: ENV.fetch("REDIS_URL", "redis://localhost:6379/0"), timeout: 0.5, reconnect_attempts: 1)
