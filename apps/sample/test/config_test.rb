require "test_helper"

class ConfigTest < ActiveSupport::TestCase
  LINK = { "DOCKERDB_PORT_5432_TCP_ADDR" => "172.17.0.4" }.freeze

  {
    {} => "postgresql://localhost/sample",
    { "DATABASE_URL" => "postgresql://a:b@db/shop?sslmode=disable" } => "postgresql://a:b@db/shop?sslmode=disable",
    LINK => "postgresql://postgres@172.17.0.4:5432/postgres",
    { **LINK, "DATABASE_URL" => "postgresql://db/shop" } => "postgresql://postgres@172.17.0.4:5432/postgres",
    { **LINK, "DOCKERDB_PORT_5432_TCP_PORT" => "15432", "DOCKERDB_ENV_POSTGRES_USER" => "docker",
      "DOCKERDB_ENV_POSTGRES_PASSWORD" => "p@ss/w:rd#1", "DOCKERDB_ENV_POSTGRES_DB" => "hartl" } =>
      "postgresql://docker:p%40ss%2Fw%3Ard%231@172.17.0.4:15432/hartl",
    { **LINK, "DOCKERDB_ENV_POSTGRESQL_USER" => "docker", "DOCKERDB_ENV_POSTGRESQL_PASS" => "docker",
      "DOCKERDB_ENV_POSTGRESQL_DB" => "hartl" } => "postgresql://docker:docker@172.17.0.4:5432/hartl"
  }.each do |env, url|
    test "#{env.keys.presence&.to_sentence || "nothing"} leads to #{url}" do
      assert_equal url, DatabaseUrl.from(env)
    end
  end

  test "the tests' database is another one on the same server" do
    { {} => "postgresql://localhost/sample_test",
      { "DATABASE_URL" => "postgresql://a:b@db/shop?sslmode=disable" } => "postgresql://a:b@db/shop_test?sslmode=disable",
      { "DATABASE_URL" => "postgresql://db/shop_test" } => "postgresql://db/shop_test_test",
      LINK => "postgresql://postgres@172.17.0.4:5432/postgres_test",
      { "TEST_DATABASE_URL" => "postgresql://ci/specs" } => "postgresql://ci/specs" }.each do |env, url|
      assert_equal url, DatabaseUrl.for_tests(env)
    end
  end

  test "these tests run there" do
    assert_equal URI.parse(DatabaseUrl.for_tests(ENV)).path.delete_prefix("/"), User.connection.current_database
  end
end
