require "test_helper"

class MicropostsControllerTest < ActionDispatch::IntegrationTest
  test "posting shows the micropost in the feed" do
    sign_in_as users(:ada)
    assert_difference("users(:ada).microposts.count") { post microposts_path, params: { micropost: { content: "Note G" } } }
    follow_redirect!
    assert_select "#feed .micropost:first-of-type .content", "Note G"
  end

  test "an empty micropost is refused, and the feed stays in view" do
    sign_in_as users(:ada)
    assert_no_difference("Micropost.count") { post microposts_path, params: { micropost: { content: " " } } }
    assert_response :unprocessable_entity
    assert_select ".flash-alert li", "Content can't be blank"
    assert_select "#feed .micropost", 2
  end

  test "a stranger posts and deletes nothing" do
    assert_no_difference("Micropost.count") do
      post microposts_path, params: { micropost: { content: "Spam" } }
      assert_redirected_to sign_in_path
      delete micropost_path(microposts(:engine))
      assert_redirected_to sign_in_path
    end
  end

  test "one deletes one's own" do
    sign_in_as users(:ada)
    assert_difference("Micropost.count", -1) { delete micropost_path(microposts(:engine)) }
    assert_redirected_to root_path
  end

  test "one does not delete others'" do
    sign_in_as users(:ada)
    assert_no_difference("Micropost.count") { delete micropost_path(microposts(:moth)) }
    assert_response :not_found
  end
end
