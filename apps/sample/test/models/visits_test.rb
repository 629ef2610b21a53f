require "test_helper"

class VisitsTest < ActiveSupport::TestCase
  test "it counts from nothing" do
    with_redis do
      assert_equal 0, Visits.count
      assert_equal [ 1, 2 ], [ Visits.increment, Visits.increment ]
      assert_equal 2, Visits.count
    end
  end

  test "it answers nil while Redis is away, and counts on afterwards" do
    with_redis do
      Visits.increment
      without_redis { assert_equal [ nil, nil ], [ Visits.increment, Visits.count ] }
      assert_equal 2, Visits.increment
    end
  end

  test "the tests have a counter of their own" do
    assert_equal "sample:test:visits", Visits::KEY
  end
end
