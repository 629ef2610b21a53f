class HomeController < ApplicationController
  def show
    return render :welcome unless current_user

    @micropost = Micropost.new
    @microposts = paginate(current_user.feed.newest_first.includes(:user))
  end
end
