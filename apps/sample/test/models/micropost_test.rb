require "test_helper"

class MicropostTest < ActiveSupport::TestCase
  test "its content has 1 to 140 characters" do
    { "" => false, " " => false, "a" => true, "a" * 140 => true, "a" * 141 => false }.each do |content, valid|
      assert_equal valid, Micropost.new(user: users(:ada), content:).valid?, "#{content.length} characters"
    end
  end

  test "it belongs to somebody" do
    assert_not Micropost.new(content: "Hello").valid?
  end

  test "it is counted" do
    assert_difference(-> { users(:ada).reload.microposts_count }) { users(:ada).microposts.create!(content: "Hello") }
  end

  test "the newest comes first" do
    assert_equal microposts(:halting, :moth, :engine), Micropost.newest_first
  end
end
