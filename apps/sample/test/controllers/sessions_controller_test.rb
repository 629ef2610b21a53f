require "test_helper"

class SessionsControllerTest < ActionDispatch::IntegrationTest
  test "the right password signs in" do
    sign_in_as users(:ada)
    follow_redirect!
    assert_select ".flash", "Welcome back, Ada Lovelace."
    assert_select "form[action='#{session_path}'] button", "Sign out"
  end

  test "the email's case does not matter" do
    post session_path, params: { email: "ADA@example.com", password: PASSWORD }
    assert_redirected_to root_path
  end

  test "a wrong password, an unknown email and nothing at all are refused alike" do
    [ { email: "ada@example.com", password: "wrong" }, { email: "nobody@example.com", password: PASSWORD }, {} ].each do |params|
      post(session_path, params:)
      assert_response :unprocessable_entity
      assert_select ".flash-alert", /don't belong together/
    end
    get edit_user_path(users(:ada))
    assert_redirected_to sign_in_path
  end

  test "signing out signs out" do
    sign_in_as users(:ada)
    delete session_path
    follow_redirect!
    assert_select "a[href='#{sign_in_path}']"
  end

  test "signing in leads to where one was going" do
    get edit_user_path(users(:ada))
    post session_path, params: { email: "ada@example.com", password: PASSWORD }
    assert_redirected_to edit_user_path(users(:ada))
  end
end
