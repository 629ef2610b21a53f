require "test_helper"

class UserTest < ActiveSupport::TestCase
  VALID = { name: "Edsger Dijkstra", email: "edsger@example.com", password: "shortest path" }.freeze

  test "a name, an email and a password make a user" do
    assert User.new(VALID).valid?
  end

  {
    "no name" => { name: " " },
    "a name of 51 characters" => { name: "a" * 51 },
    "no email" => { email: "" },
    "an email without a host" => { email: "edsger@" },
    "an email with a space" => { email: "ed sger@example.com" },
    "an email of another user" => { email: "ada@example.com" },
    "an email of another user in capitals" => { email: " ADA@example.com " },
    "no password" => { password: "" },
    "a password of seven characters" => { password: "1234567" },
    "a confirmation that differs" => { password_confirmation: "longest path" }
  }.each do |what, attributes|
    test "#{what} is refused" do
      assert_not User.new(**VALID, **attributes).valid?
    end
  end

  test "the database itself refuses a second user of an email" do
    assert_raises(ActiveRecord::RecordNotUnique) { User.new(**VALID, email: "ada@example.com").save!(validate: false) }
  end

  test "spaces and capitals in an email are of no account" do
    assert_equal "edsger@example.com", User.new(email: " Edsger@Example.com ").email
  end

  test "a password is kept as a digest" do
    user = User.create!(VALID)
    assert_not_includes user.attributes.values, VALID[:password]
    assert_equal user, User.authenticate_by(email: user.email, password: VALID[:password])
    assert_nil User.authenticate_by(email: user.email, password: "guess")
  end

  test "a new user gets a welcome" do
    user = User.create!(VALID)
    assert_enqueued_with(job: WelcomeJob, args: [ user ])
  end

  test "following and unfollowing count" do
    alan, ada = users(:alan, :ada)

    alan.follow(ada)
    assert alan.following?(ada)
    assert_not ada.following?(alan)
    assert_equal [ 1, 1 ], [ alan.reload.following_count, ada.reload.followers_count ]

    alan.unfollow(ada)
    assert_not alan.following?(ada)
    assert_equal [ 0, 0 ], [ alan.reload.following_count, ada.reload.followers_count ]
  end

  test "following twice is following once" do
    assert_no_difference("Relationship.count") { users(:ada).follow(users(:grace)) }
  end

  test "nobody follows themselves" do
    assert_raises(ActiveRecord::RecordInvalid) { users(:ada).follow(users(:ada)) }
  end

  test "the feed has one's own posts and those of whom one follows" do
    assert_equal microposts(:moth, :engine), users(:ada).feed.newest_first
    assert_equal [ microposts(:moth) ], users(:grace).feed
  end

  test "a user who goes takes all of theirs along" do
    assert_difference({ "Micropost.count" => -1, "Relationship.count" => -1 }) { users(:grace).destroy! }
  end
end
