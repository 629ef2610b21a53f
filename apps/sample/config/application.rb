require_relative "boot"

require "rails"
require "active_model/railtie"
require "active_job/railtie"
require "active_record/railtie"
require "action_controller/railtie"
require "action_view/railtie"
require "rails/test_unit/railtie"

Bundler.require(*Rails.groups)

module Sample
  class Application < Rails::Application
    config.load_defaults 7.2

    # Jobs wait in Redis for the worker; without a Redis they run in threads of the web process.
    config.active_job.queue_adapter = ENV["REDIS_URL"].present? ? :sidekiq : :async

    # Rails asks for it in production only; given, it holds everywhere: replicas share their sessions.
    config.secret_key_base = ENV["SECRET_KEY_BASE"] if ENV["SECRET_KEY_BASE"].present?

    $stdout.sync = true
    config.logger = ActiveSupport::TaggedLogging.new(ActiveSupport::Logger.new($stdout))
    config.log_level = ENV.fetch("RAILS_LOG_LEVEL", "info")
    config.log_tags = [ :request_id ]

    # There is no asset build: what is in public/ is served as it is, and asked for again when it changes.
    config.public_file_server.headers = { "cache-control" => "no-cache" }

    # An image's source is read-only; a checkout gets its schema.rb.
    config.active_record.dump_schema_after_migration = root.join("db").writable?

    config.generators.system_tests = nil
  end
end
