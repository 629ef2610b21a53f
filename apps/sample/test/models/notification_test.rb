require "test_helper"

class NotificationTest < ActiveSupport::TestCase
  test "it says who delivered it" do
    assert_equal Socket.gethostname, Notification.deliver(users(:ada), "Hello").delivered_by
  end

  test "delivering twice leaves one" do
    assert_difference("Notification.count", 1) { 2.times { Notification.deliver(users(:ada), "Hello") } }
  end
end
