# The visitor counter, in Redis. It answers nil when Redis is away: a page is worth more than its counter.
module Visits
  KEY = "sample:#{Rails.env}:visits"

  class << self
    def increment = counting { REDIS.incr(KEY) }

    def count = counting { REDIS.get(KEY).to_i }

    private

    def counting
      yield
    rescue Redis::BaseError => error
      Rails.logger.warn "The visitor counter is away: #{error.message}"
      nil
    end
  end
end
