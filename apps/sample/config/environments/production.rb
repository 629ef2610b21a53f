Rails.application.configure do
  config.enable_reloading = false
  config.eager_load = true
  config.consider_all_requests_local = false
  config.action_controller.perform_caching = true
  config.cache_store = :memory_store
  config.i18n.fallbacks = true
  config.active_support.report_deprecations = false
  config.active_record.attributes_for_inspect = [ :id ]
end
