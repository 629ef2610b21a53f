Rails.application.configure do
  config.enable_reloading = true
  config.eager_load = false
  config.consider_all_requests_local = true
  config.server_timing = true

  # The host's name is whatever the container is called or published as.
  config.hosts.clear

  config.action_controller.perform_caching = false
  config.cache_store = :null_store
  config.action_controller.raise_on_missing_callback_actions = true
  config.action_view.annotate_rendered_view_with_filenames = true
  config.active_record.verbose_query_logs = true
  config.active_support.disallowed_deprecation = :raise
end
