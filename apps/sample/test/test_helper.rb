ENV["RAILS_ENV"] = "test"
require_relative "../config/environment"

# The first run on a server makes the tests' database there.
begin
  ActiveRecord::Base.connection.verify!
rescue ActiveRecord::NoDatabaseError
  ActiveRecord::Tasks::DatabaseTasks.create_current
rescue ActiveRecord::ConnectionNotEstablished => error
  abort "The tests need a Postgres: #{error.message}"
end

require "rails/test_help"

class ActiveSupport::TestCase
  include ActiveJob::TestHelper

  fixtures :all

  # Where a Redis is given it has to answer.
  def with_redis
    skip "needs a Redis at REDIS_URL" unless ENV["REDIS_URL"].present?
    REDIS.del(Visits::KEY)
    yield
  ensure
    REDIS.del(Visits::KEY) if ENV["REDIS_URL"].present?
  end

  # A port on which nobody listens, in place of the given Redis.
  def without_redis
    original = REDIS
    silence_warnings { Object.const_set(:REDIS, Redis.new(url: "redis://127.0.0.1:1/0", reconnect_attempts: 0)) }
    yield
  ensure
    silence_warnings { Object.const_set(:REDIS, original) }
  end
end

class ActionDispatch::IntegrationTest
  PASSWORD = "correct horse"

  def sign_in_as(user)
    post session_path, params: { email: user.email, password: PASSWORD }
    assert_redirected_to root_path
  end
end
