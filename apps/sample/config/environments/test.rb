Rails.application.configure do
  config.enable_reloading = false
  config.eager_load = ENV["CI"].present?
  config.consider_all_requests_local = true
  config.logger = Logger.new(nil)

  config.action_controller.perform_caching = false
  config.cache_store = :null_store
  config.action_controller.allow_forgery_protection = false
  config.action_controller.raise_on_missing_callback_actions = true
  config.active_job.queue_adapter = :test
  config.action_dispatch.show_exceptions = :rescuable
  config.active_support.deprecation = :stderr
  config.active_support.disallowed_deprecation = :raise
end
