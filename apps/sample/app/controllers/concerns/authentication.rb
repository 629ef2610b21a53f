module Authentication
  extend ActiveSupport::Concern

  included do
    helper_method :current_user
  end

  private

  def current_user
    @current_user ||= User.find_by(id: session[:user_id]) if session[:user_id]
  end

  def require_user
    return if current_user

    session[:return_to] = request.fullpath if request.get?
    redirect_to sign_in_path, alert: "Please sign in first."
  end

  def sign_in(user, notice:)
    return_to = session[:return_to]
    reset_session
    session[:user_id] = user.id
    redirect_to return_to || root_path, notice:
  end
end
