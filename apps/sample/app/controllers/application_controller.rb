class ApplicationController < ActionController::Base
  include Authentication
  include Pagination

  before_action -> { @visits = request.get? ? Visits.increment : Visits.count }
end
