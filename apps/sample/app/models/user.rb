class User < ApplicationRecord
  has_secure_password

  has_many :microposts, dependent: :destroy
  has_many :notifications, dependent: :destroy

  has_many :active_relationships, class_name: "Relationship", foreign_key: :follower_id,
    inverse_of: :follower, dependent: :destroy
  has_many :passive_relationships, class_name: "Relationship", foreign_key: :followed_id,
    inverse_of: :followed, dependent: :destroy
  has_many :following, through: :active_relationships, source: :followed
  has_many :followers, through: :passive_relationships, source: :follower

  normalizes :name, with: ->(name) { name.squish }
  normalizes :email, with: ->(email) { email.strip.downcase }

  validates :name, presence: true, length: { maximum: 50 }
  validates :email, presence: true, length: { maximum: 255 }, uniqueness: true,
    format: { with: URI::MailTo::EMAIL_REGEXP, allow_blank: true }
  validates :password, length: { minimum: 8, allow_blank: true }

  after_create_commit -> { WelcomeJob.perform_later(self) }

  scope :by_name, -> { order(:name, :id) }

  def follow(other)
    active_relationships.find_or_create_by!(followed: other)
  end

  def unfollow(other)
    active_relationships.where(followed: other).destroy_all
  end

  def following?(other)
    active_relationships.exists?(followed: other)
  end

  # What the user and those they follow have posted.
  def feed
    Micropost.where(user_id: active_relationships.select(:followed_id)).or(microposts)
  end
end
