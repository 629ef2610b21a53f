require "test_helper"
require "minitest/mock"

class WelcomeJobTest < ActiveSupport::TestCase
  test "it delivers a welcome, once" do
    2.times { WelcomeJob.perform_now(users(:ada)) }
    assert_equal [ "Welcome, Ada Lovelace! Say hello with your first micropost." ], users(:ada).notifications.pluck(:body)
  end

  test "a user who is gone by then is no error" do
    user = User.create!(name: "Ghost", email: "ghost@example.com", password: "invisible")
    user.destroy!
    assert_nothing_raised { perform_enqueued_jobs }
  end

  test "a queue that is away fails no sign-up" do
    queue_adapter.stub(:enqueue, ->(_job) { raise RedisClient::CannotConnectError }) do
      assert User.create!(name: "Early Bird", email: "bird@example.com", password: "first worm").persisted?
    end
  end
end
