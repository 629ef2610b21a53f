class Micropost < ApplicationRecord
  MAXIMUM_LENGTH = 140

  belongs_to :user, counter_cache: true

  validates :content, presence: true, length: { maximum: MAXIMUM_LENGTH }

  scope :newest_first, -> { order(created_at: :desc, id: :desc) }
end
