require "erb"
require "uri"

# Where the database is: what a Docker link called `dockerdb` says, else DATABASE_URL.
module DatabaseUrl
  DEFAULT = "postgresql://localhost/sample"

  class << self
    def from(env)
      linked(env) || env["DATABASE_URL"] || DEFAULT
    end

    # The same server, and never the same database.
    def for_tests(env)
      return env["TEST_DATABASE_URL"] if env["TEST_DATABASE_URL"]

      uri = URI.parse(from(env))
      uri.path = "/#{uri.path.delete_prefix("/")}_test"
      uri.to_s
    end

    private

    def linked(env)
      host = env["DOCKERDB_PORT_5432_TCP_ADDR"] or return
      port = env.fetch("DOCKERDB_PORT_5432_TCP_PORT", 5432)
      # The official image's names, or those of the images before it.
      user = env["DOCKERDB_ENV_POSTGRES_USER"] || env["DOCKERDB_ENV_POSTGRESQL_USER"] || "postgres"
      password = env["DOCKERDB_ENV_POSTGRES_PASSWORD"] || env["DOCKERDB_ENV_POSTGRESQL_PASS"]
      database = env["DOCKERDB_ENV_POSTGRES_DB"] || env["DOCKERDB_ENV_POSTGRESQL_DB"] || user

      login = [ user, password ].compact.map { |part| ERB::Util.url_encode(part) }.join(":")
      "postgresql://#{login}@#{host}:#{port}/#{database}"
    end
  end
end
