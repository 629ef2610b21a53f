class Relationship < ApplicationRecord
  belongs_to :follower, class_name: "User", counter_cache: :following_count
  belongs_to :followed, class_name: "User", counter_cache: :followers_count

  validates :followed_id, comparison: { other_than: :follower_id, message: "can't be yourself" }

  after_create_commit -> { NewFollowerJob.perform_later(self) }
end
