class NewFollowerJob < ApplicationJob
  def perform(relationship)
    Notification.deliver(relationship.followed, "#{relationship.follower.name} follows you now.")
  end
end
