require "test_helper"

class HomeControllerTest < ActionDispatch::IntegrationTest
  test "a stranger is invited to sign up" do
    get root_path
    assert_response :success
    assert_select "a[href='#{sign_up_path}']"
    assert_select "#feed", false
  end

  test "a user sees the feed, the newest first" do
    sign_in_as users(:ada)
    get root_path
    assert_equal [ "It was a moth.", "The engine weaves patterns." ], css_select("#feed .content").map(&:text)
  end

  test "the welcome is announced, and then shown with who delivered it" do
    sign_in_as users(:ada)
    get root_path
    assert_select "#notifications", /on its way/

    WelcomeJob.perform_now(users(:ada))
    get root_path
    assert_select "#notifications .notification", /Welcome, Ada Lovelace!.*Delivered by #{Socket.gethostname}/m
  end

  test "every page counts a visit" do
    with_redis do
      REDIS.set(Visits::KEY, 1233)
      get root_path
      assert_select "#visits strong", "1,234"
      get users_path
      assert_select "#visits strong", "1,235"
    end
  end

  test "a form that is sent back counts no visit" do
    with_redis do
      get root_path
      post session_path, params: { email: "nobody@example.com", password: "guess" }
      assert_select "#visits strong", "1"
    end
  end

  test "a page says so when Redis is away" do
    without_redis { get root_path }
    assert_response :success
    assert_select "#visits.away", /Redis can't be reached/
  end

  test "a long feed has pages" do
    users(:ada).microposts.insert_all!(Array.new(40) { |n| { content: "Post #{n}" } })
    sign_in_as users(:ada)

    get root_path
    assert_select "#feed .micropost", 20
    assert_select "a[rel=prev]", false
    get root_path, params: { page: 3 }
    assert_select "#feed .micropost", 2
    assert_select "a[rel=next]", false
    get root_path, params: { page: "-1; drop table" }
    assert_response :success
  end

  test "/up answers, and counts no visit" do
    with_redis do
      get "/up"
      assert_response :success
      assert_equal 0, Visits.count
    end
  end
end
