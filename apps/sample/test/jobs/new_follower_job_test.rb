require "test_helper"

class NewFollowerJobTest < ActiveSupport::TestCase
  test "who is followed hears of it" do
    perform_enqueued_jobs { users(:alan).follow(users(:ada)) }
    assert_equal [ "Alan Turing follows you now." ], users(:ada).notifications.pluck(:body)
  end
end
