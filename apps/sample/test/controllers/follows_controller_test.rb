require "test_helper"

class FollowsControllerTest < ActionDispatch::IntegrationTest
  test "following brings somebody's posts into the feed, unfollowing takes them out" do
    sign_in_as users(:ada)

    post user_follow_path(users(:alan))
    follow_redirect!
    assert_select ".flash", "You follow Alan Turing now."
    assert_select ".profile button", "Unfollow"
    get root_path
    assert_select "#feed .content", "Mine halts. Sometimes."

    delete user_follow_path(users(:alan))
    follow_redirect!
    assert_select ".profile button", "Follow"
    get root_path
    assert_select "#feed .content", text: "Mine halts. Sometimes.", count: 0
  end

  test "nobody follows themselves, or nobody" do
    sign_in_as users(:ada)
    [ users(:ada).id, 0 ].each do |id|
      post user_follow_path(id)
      assert_response :not_found
    end
  end

  test "a stranger follows nobody" do
    assert_no_difference("Relationship.count") { post user_follow_path(users(:ada)) }
    assert_redirected_to sign_in_path
  end
end
