# A message to a user, delivered by a job. Delivering the same one twice leaves one.
class Notification < ApplicationRecord
  belongs_to :user

  validates :body, presence: true

  def self.deliver(user, body)
    user.notifications.create_with(delivered_by: Socket.gethostname).find_or_create_by!(body:)
  end
end
