require "test_helper"

class UsersControllerTest < ActionDispatch::IntegrationTest
  NEW = { name: "Edsger Dijkstra", email: "edsger@example.com",
          password: "shortest path", password_confirmation: "shortest path" }.freeze

  test "signing up makes a user and signs in" do
    assert_difference("User.count") { post users_path, params: { user: NEW } }
    follow_redirect!
    assert_select ".flash", "Welcome to the Sample App, Edsger Dijkstra!"
    assert_select ".profile h1", "Edsger Dijkstra"
  end

  test "signing up with mistakes shows them" do
    assert_no_difference("User.count") { post users_path, params: { user: NEW.merge(email: "edsger", password: "short") } }
    assert_response :unprocessable_entity
    assert_select ".flash-alert li", 3
    assert_select "input[name='user[email]'][value='edsger']"
  end

  test "signing up sets nothing but the form's fields" do
    post users_path, params: { user: NEW.merge(followers_count: 1_000_000) }
    assert_equal 0, User.find_by!(email: NEW[:email]).followers_count
  end

  test "the list has everybody, by name" do
    get users_path
    assert_equal [ "Ada Lovelace", "Alan Turing", "Grace Hopper" ], css_select(".user .name").map(&:text)
  end

  test "a user's page has their microposts only" do
    get user_path(users(:grace))
    assert_equal [ "It was a moth." ], css_select(".content").map(&:text)
  end

  test "what a user writes is shown as text" do
    users(:grace).microposts.create!(content: "<script>alert(1)</script>")
    get user_path(users(:grace))
    assert_select "main script", false
    assert_select ".content", "<script>alert(1)</script>"
  end

  test "nobody's page is not found" do
    get user_path(0)
    assert_response :not_found
  end

  test "following and followers are listed" do
    get following_user_path(users(:ada))
    assert_equal [ "Grace Hopper" ], css_select(".user .name").map(&:text)
    get followers_user_path(users(:grace))
    assert_equal [ "Ada Lovelace" ], css_select(".user .name").map(&:text)
    get followers_user_path(users(:alan))
    assert_select ".quiet", "Nobody yet."
  end

  test "one's own profile can be changed, without a new password" do
    sign_in_as users(:ada)
    patch user_path(users(:ada)), params: { user: { name: "Ada King", password: "", password_confirmation: "" } }
    assert_redirected_to user_path(users(:ada))
    assert_equal "Ada King", users(:ada).reload.name
    assert users(:ada).authenticate(PASSWORD)
  end

  test "a change with mistakes is shown and not made" do
    sign_in_as users(:ada)
    patch user_path(users(:ada)), params: { user: { name: "" } }
    assert_response :unprocessable_entity
    assert_select ".flash-alert li", "Name can't be blank"
    assert_equal "Ada Lovelace", users(:ada).reload.name
  end

  test "others' profiles can't be changed" do
    patch user_path(users(:grace)), params: { user: { name: "Mallory" } }
    assert_redirected_to sign_in_path

    sign_in_as users(:ada)
    patch user_path(users(:grace)), params: { user: { name: "Mallory" } }
    assert_response :not_found
    assert_equal "Grace Hopper", users(:grace).reload.name
  end
end
